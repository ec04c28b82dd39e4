"""Making the record tables of an existing database fit for this project.

`expected` is what the first migration would have made, `found` what is there, `columns` judges one column, `findings`
compares the two, `duplicates` looks for rows that share a natural key, `applying` carries out what was found.
"""
