"""Changes of API 1.26, compared with API 1.25.

Changed:

- `parcels.list`: new `limit`
- `Parcel`: new `weight`

As before, with types that changed: `parcels.create`, `parcels.events`, `parcels.load`.
"""
