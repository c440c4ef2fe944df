"""The plugin keeps the contract of encoders."""

import unsuplmk.testing

test_tiny = unsuplmk.testing.contract("encoder", "tiny")
