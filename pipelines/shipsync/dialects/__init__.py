"""The models in the SQL of other engines, translated from ``sql/``; nothing is written twice."""
