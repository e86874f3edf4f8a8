"""Providers that people sign in with: Kakao, Naver, Google and Apple.

`provider` and `errors` are what the use cases know. The other modules import an HTTP client, and are imported only if a
provider is configured.
"""
