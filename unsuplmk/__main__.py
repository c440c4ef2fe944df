"""`python -m unsuplmk` and `torchrun -m unsuplmk`: the command line."""

from unsuplmk.cli import main

if __name__ == "__main__":
    main()
