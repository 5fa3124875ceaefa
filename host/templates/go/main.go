package main

import (
	"strings"

	"guest/pubsub"
)

// Called once for each message. Nil settles it, pubsub.Rejected makes it a dead letter; every other error, and a
// panic, mean "again, later".
func onMessage(message pubsub.Event) error {
	name := strings.TrimSpace(string(message.Data))
	if name == "" {
		return pubsub.Rejected("nobody to greet")
	}
	greeting := pubsub.Event{
		// The same message always makes the same greeting, so that a repeated one can be told.
		ID: message.ID + "-greeting",
		// Without a source the host fills in the app's name.
		Type: "com.example.greeting",
		Data: []byte("Hello, " + name + "!"),
	}
	if err := pubsub.Publish("{{name}}/greetings", greeting); err != nil {
		return err
	}
	pubsub.Log(pubsub.Info, "", "greeted "+name)
	return nil
}

func init() {
	pubsub.OnMessage(onMessage)
}

// Never called: a component like this one starts with the init functions.
func main() {}
