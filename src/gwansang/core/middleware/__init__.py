"""Pure ASGI middleware. From the outside in:

RequestId         every answer and every log line of a request carries one id
AccessLog         one line a request or socket: route template, status, milliseconds; no query, no body
Metrics           counts and times requests by route template, where the container has meters
SecurityHeaders   on every answer, errors included
CORS              Starlette's, so that an allowed site can read refusals and errors too
QuotaHeaders      how much the caller has left, on answers and refusals
ErrorBoundary     what nobody expected becomes a 500, or 1011, that tells the request id and nothing else
TrustedHosts      refuses a foreign Host
BodyGate          refuses encoded bodies, counts bytes, keeps deadlines, bounds what all requests hold together

`main.py` puts them on in this order.
"""
