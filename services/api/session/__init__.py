"""Sign-in: an API key or an identity provider becomes a cookie; customers bring a JWT.

Nothing is stored: a session is a signed token, ended early by `SignOut` records or its key's end.
"""
