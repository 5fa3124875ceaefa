from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.data_basic import publish
from wit_world.imports.logging import Level, log
from wit_world.imports.types import Error_Rejected, Event


class DataOnMessage(exports.DataOnMessage):
    def on_message(self, message: Event) -> None:
        """Called once for each message. Returning settles it, raising Err(Error_Rejected(...)) makes it a dead letter;
        every other exception means "again, later"."""
        name = message.data.decode(errors="replace").strip()
        if not name:
            raise Err(Error_Rejected("nobody to greet"))
        greeting = Event(
            # The same message always makes the same greeting, so that a repeated one can be told.
            id=f"{message.id}-greeting",
            # Empty: the host fills in the app's name.
            source="",
            type="com.example.greeting",
            data=f"Hello, {name}!".encode(),
        )
        publish("{{name}}/greetings", greeting)
        log(Level.INFO, "", f"greeted {name}")
