"""LEAKS"""
