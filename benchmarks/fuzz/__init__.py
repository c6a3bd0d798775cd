"""Inputs that nobody should send, tried by the ten thousand: photos, zips, settings, links and every stored record.

Whatever the input, the program answers with a result or with one sentence for people (AppError), within two seconds
and a gigabyte, writes nothing outside its workspace, and never unpickles anything. Every input comes from a seed, a
kind and a number, so that a failure can be repeated alone.
"""
