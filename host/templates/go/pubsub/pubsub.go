// Package pubsub is the contract wasi:pubsub (see wit/) in Go: what a guest can import, and the handler it exports.
package pubsub

import "errors"

// Event is a CloudEvents 1.0 event.
type Event struct {
	// ID is unique within Source. When publishing: empty means a fresh one.
	ID string
	// Source is a URI-reference that says who made it. When publishing: empty means this app.
	Source string
	// Type says what happened, for example com.example.order.created; mqtt.message for a plain MQTT message.
	Type string
	// Data is the payload, byte for byte.
	Data []byte
}

// Kind is a case of the contract's error.
type Kind uint8

const (
	// Timeout: nothing arrived, or the broker did not answer, in time (outcome unknown).
	Timeout Kind = iota
	// Connection: broker unreachable; may succeed later.
	Connection
	// PermissionDenied: topic not granted to this guest, or refused by the broker.
	PermissionDenied
	// InvalidArgument: bad topic, empty type, payload too large.
	InvalidArgument
	// RejectedMessage: from the handler only, never redeliver this message.
	RejectedMessage
	// Other is anything else.
	Other
)

// Error is what Publish returns and what a handler may return; any other error of a handler becomes Other.
type Error struct {
	Kind Kind
	Text string
}

var names = [...]string{"timeout", "connection", "permission denied", "invalid argument", "rejected", "other"}

func (e *Error) Error() string {
	if e.Text == "" {
		return names[e.Kind]
	}
	return names[e.Kind] + ": " + e.Text
}

// Rejected makes the message a dead letter at once.
func Rejected(why string) error {
	return &Error{RejectedMessage, why}
}

// Level of a log record, from the least to the most severe.
type Level uint32

const (
	Trace Level = iota
	Debug
	Info
	Warn
	ErrorLevel
	Critical
)

var handler func(Event) error

// OnMessage says what handles messages. Call it from an init function.
func OnMessage(handle func(message Event) error) {
	handler = handle
}

// The error of a handler as the contract knows it; nil for success.
func handle(message Event) *Error {
	err := handler(message)
	if err == nil {
		return nil
	}
	if known := (*Error)(nil); errors.As(err, &known) {
		return known
	}
	return &Error{Other, err.Error()}
}
