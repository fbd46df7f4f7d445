"""A worker in Python with the guarantees of Usher's clean and failing paths: what Usher is measured against."""
