"""What lies in the files of other tools and of data sets: tables, JSON, archives, and how they are fetched."""
