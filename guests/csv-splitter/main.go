// Command csv-splitter is a push guest: each message is a CSV document, each row of it becomes an event.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"guest/pubsub"
)

// The column whose value is the last level of a row's topic. Without one it is the document's name, the last level of
// the topic that the document came in on.
var topicColumn = os.Getenv("TOPIC_COLUMN")

// Called once for each document. Nil settles it, pubsub.Rejected makes it a dead letter; every other error means
// "again, later". A transaction (qos 2) takes back what was published before an error.
func onMessage(message pubsub.Event) error {
	csv, err := openDocument(message.Data, topicColumn)
	if err != nil {
		return pubsub.Rejected(err.Error())
	}
	name := documentName()
	count := 0
	for {
		row, err := csv.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return pubsub.Rejected(err.Error())
		}
		count++
		if row.topic == "" {
			row.topic = name
		}
		if err := publish(row, fmt.Sprintf("%s-%d", message.ID, count)); err != nil {
			return err
		}
	}
	pubsub.Log(pubsub.Info, "", fmt.Sprintf("%s: %d rows", name, count))
	return nil
}

func publish(row row, id string) error {
	data, err := json.Marshal(row.fields)
	if err != nil {
		return err
	}
	return pubsub.Publish("rows/"+row.topic, pubsub.Event{
		// The same row of the same document always makes the same event, so that a repeated one can be told.
		ID: id,
		// Without a source the host fills in the app's name.
		Type: "com.example.csv.row",
		Data: data,
	})
}

func documentName() string {
	delivery, ok := pubsub.Current()
	if !ok {
		return "unnamed"
	}
	return delivery.Topic[strings.LastIndexByte(delivery.Topic, '/')+1:]
}

func init() {
	pubsub.OnMessage(onMessage)
}

// Never called: a component like this one starts with the init functions.
func main() {}
