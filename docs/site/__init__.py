"""The documentation's site: `python -m docs.site` builds it in build/docs/site.

The pages are those of docs/, and a reference that is made from the docstrings of the generated
clients, which are read and not run.

    source → clients → spans → operations_page, types_page     the reference for all versions
             facts → changes_page, versions_page               what each version changed
    pages → check                                             put together, built, links checked
"""
