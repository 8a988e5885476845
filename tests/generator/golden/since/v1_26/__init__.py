"""Changes of API 1.26.

Changed:

- `parcels.list`: new `limit`
- `Parcel`: new `weight`

As before, with types that changed: `parcels.create`, `parcels.events`, `parcels.load`.
"""
