"""Pipelines and samples as texts: documents, their schema, receipts."""
