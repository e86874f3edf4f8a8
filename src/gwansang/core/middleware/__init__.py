"""Pure ASGI middleware, from the outside in:

ApiPrefix         a second prefix of the API, if one is configured
RequestId         one id for every answer and every log line of a request
Traces            the trace id in those log lines, and spans if traces are recorded
AccessLog         one line a request or socket: route template, status, milliseconds; no query, no body
Metrics           counts and times requests by route template
ServerTiming      how long the answer took
SecurityHeaders   on every answer, errors included
Head              HEAD as GET without the body
ApiVersion        the version of the API, and on answers of deprecated calls when they end
CORS              Starlette's, so that an allowed site can read refusals and errors too
QuotaHeaders      the caller's remaining quota, on answers and refusals
GZip              Starlette's: packs text that is not packed yet, for clients that take it
ErrorBoundary     unexpected errors become a 500, or 1011, with the request id and nothing else
TrustedHosts      refuses other hosts
BodyGate          refuses encoded, large and slow bodies, and bounds the bytes of all requests together

`main.py` adds them in this order.
"""
