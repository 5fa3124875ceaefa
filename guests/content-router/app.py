import os
from functools import cache

import routes
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.data_basic import publish
from wit_world.imports.logging import Level, log
from wit_world.imports.types import Error_Other, Error_Rejected, Event


@cache
def configured() -> tuple[list[routes.Route], list[str]]:
    """The rules, and the topic for what none of them takes. Not read at the top level, which runs at build time."""
    unrouted = os.environ.get("UNROUTED", "")
    try:
        return routes.parse(os.environ.get("ROUTES", "")), [unrouted] if unrouted else []
    except ValueError as error:
        # The configuration's fault, not the message's, which is tried again: there is time to mend it.
        raise Err(Error_Other(f"ROUTES: {error}")) from error


class DataOnMessage(exports.DataOnMessage):
    def on_message(self, message: Event) -> None:
        rules, unrouted = configured()
        try:
            topics = routes.topics_for(rules, message.type, message.data) or unrouted
        except ValueError as error:
            why = f"{message.type} is routed by what is in its data, which is not JSON: {error}"
            raise Err(Error_Rejected(why)) from error
        if not topics:
            raise Err(Error_Rejected(f"no route takes this {message.type}"))
        for topic in topics:
            # With its id and source it is this event forwarded, which keeps what the record does not show: its time,
            # subject, content type and extension attributes. An error of publish is the handler's answer.
            publish(topic, message)
        log(Level.DEBUG, "", f"{message.id} to {', '.join(topics)}")
