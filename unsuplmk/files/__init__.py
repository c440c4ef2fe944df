"""What lies in the files of other tools and of data sets: tables, JSON, archives, downloads. No torch, no parts."""
