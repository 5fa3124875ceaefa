package pubsub

import "unsafe"

//go:wasmimport host:pubsub/delivery@0.1.0 current
func importCurrent(result unsafe.Pointer)

// Delivery is how the message being handled reached the host: what MQTT knows beyond the event itself.
type Delivery struct {
	// Topic is the topic name that it was published to, never a filter.
	Topic string
	// QoS is the one that it arrived with: the lower of its producer's and the binding's.
	QoS uint8
	// Retained: the broker sent it because it was retained, not because it was just published.
	Retained bool
	// Redelivered: some of it may have been handled before, by an earlier attempt or before a restart.
	Redelivered bool
	// Attempt says how many times it was handed to a guest, this time included.
	Attempt uint32
	// MQTT 5 only, like the three below: empty where absent.
	ContentType     string
	ResponseTopic   string
	CorrelationData []byte
	// UserProperties in the order sent; names may repeat.
	UserProperties [][2]string
}

// Current is the delivery of the message being handled; false outside of a call. It takes
// `import host:pubsub/delivery@0.1.0;` in the guest's world.
func Current() (Delivery, bool) {
	// option<delivery>: its tag, and the record's fields.
	var words [16]uint32
	importCurrent(unsafe.Pointer(&words))
	if words[0]&0xff == 0 {
		return Delivery{}, false
	}
	return Delivery{
		Topic:           stringFrom(words[1:]),
		QoS:             uint8(words[3]),
		Retained:        words[3]>>8&0xff != 0,
		Redelivered:     words[3]>>16&0xff != 0,
		Attempt:         words[4],
		ContentType:     optionalFrom(words[5:]),
		ResponseTopic:   optionalFrom(words[8:]),
		CorrelationData: []byte(optionalFrom(words[11:])),
		UserProperties:  pairsFrom(words[14:]),
	}, true
}

func stringFrom(words []uint32) string {
	return stringAt(unsafe.Pointer(uintptr(words[0])), words[1])
}

func optionalFrom(words []uint32) string {
	if words[0]&0xff == 0 {
		return ""
	}
	return stringFrom(words[1:])
}

func pairsFrom(words []uint32) [][2]string {
	pairs := make([][2]string, words[1])
	list := unsafe.Slice((*[4]uint32)(unsafe.Pointer(uintptr(words[0]))), words[1])
	for i, pair := range list {
		pairs[i] = [2]string{stringFrom(pair[:]), stringFrom(pair[2:])}
	}
	return pairs
}
