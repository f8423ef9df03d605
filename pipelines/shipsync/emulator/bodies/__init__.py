"""The bodies of the emulated API: account objects in the vendor's JSON."""
