package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A document with its header line read.
type document struct {
	reader *csv.Reader
	header []string
	// Index of the column that names the topic; -1 where none does.
	topicAt int
}

type row struct {
	// Empty where no column names it.
	topic  string
	fields map[string]string
}

// Excel and others begin UTF-8 with it.
var byteOrderMark = []byte("\ufeff")

// Reads the header. What is wrong with it comes with its line and column.
func openDocument(data []byte, topicColumn string) (*document, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, byteOrderMark)))
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("line 1: expected a header with the columns' names, found nothing")
	}
	if err != nil {
		return nil, placed(err)
	}
	d := &document{reader, header, -1}
	for at, name := range header {
		if name == "" {
			return nil, d.fault(at, "a column without a name")
		}
		if slices.Index(header, name) != at {
			return nil, d.fault(at, "a second column named %q", name)
		}
		if !utf8.ValidString(name) {
			return nil, d.fault(at, "a name that is not UTF-8")
		}
	}
	if topicColumn != "" {
		d.topicAt = slices.Index(header, topicColumn)
		if d.topicAt < 0 {
			return nil, d.fault(0, "expected a column named %q among %q", topicColumn, header)
		}
	}
	return d, nil
}

// The next row, or io.EOF.
func (d *document) next() (row, error) {
	values, err := d.reader.Read()
	if errors.Is(err, csv.ErrFieldCount) {
		return row{}, d.fault(0, "expected %d fields as in the header, found %d", len(d.header), len(values))
	}
	if err != nil {
		return row{}, placed(err)
	}
	fields := make(map[string]string, len(values))
	for at, value := range values {
		if !utf8.ValidString(value) {
			return row{}, d.fault(at, "a value that is not UTF-8")
		}
		fields[d.header[at]] = value
	}
	if d.topicAt < 0 {
		return row{fields: fields}, nil
	}
	topic := values[d.topicAt]
	if topic == "" || strings.ContainsAny(topic, "/+#\x00") {
		return row{}, d.fault(d.topicAt, "%q cannot be one level of a topic", topic)
	}
	return row{topic, fields}, nil
}

// What is wrong with a field of the record that was read last.
func (d *document) fault(field int, format string, args ...any) error {
	line, column := d.reader.FieldPos(field)
	return fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// The reader's own errors, in the same words; io.EOF as it is.
func placed(err error) error {
	if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("line %d, column %d: %w", wrong.Line, wrong.Column, wrong.Err)
	}
	return err
}
