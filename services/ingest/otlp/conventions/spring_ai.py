"""Spring AI: the convention's names, numbers as text; the conversation is told by the client above.

Its input of Anthropic's models, and of Bedrock, leaves the cached tokens out. What is not told is
"none", and a conversation that nobody named is "default".
"""

SCOPE = "org.springframework.boot"
NO_CONVERSATION = "default"

SOURCES = {"conversation_id": ("spring.ai.chat.client.conversation.id",)}

CONTENTS: dict[str, tuple[str, str]] = {}
