"""Mathematics shared by the parts: coordinates, warps, drawing, random draws."""
