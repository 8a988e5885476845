"""Verbs: tasks that take several calls, or rules that the API leaves to its client.

Each is a function in steps whose first parameter is the engine. The generator reads its signature
and its docstring, and makes a sync and an async method of the engines' classes from it.
"""
