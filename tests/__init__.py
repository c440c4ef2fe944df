"""The tests of unsuplmk: a package, so that no installed package of this name stands in their way."""
