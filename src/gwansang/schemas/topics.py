"""API models of the topics of a reading."""

from pydantic import BaseModel

from gwansang.reading.model import TopicId


class TopicOut(BaseModel):
    """What the parts that weigh most in a topic say of it."""

    id: TopicId
    name: str
    text: str
    strength: str
    caution: str
    today: str
