"""The page of `reqflo ui`: a server on loopback that shows runs of a store and changes nothing."""
