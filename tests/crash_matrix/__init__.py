"""Every durable operation, killed or disturbed at every step, on every driver and database: does it end as it should?

``make crash-matrix`` runs it; ``cells`` says what is struck where, ``scenes`` what is played, ``run`` plays it,
``report`` writes the table.
"""
