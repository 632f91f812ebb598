package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// text is a payload of JSON, or one whose answer is a stream of events.
type text struct {
	url   string
	id    string
	value any
	// right is what JSON answers.
	right any
	// events is how many of them a stream has.
	events int
}

func loadText(url, folder, id string) payload {
	loaded := &text{url: url, id: id}
	if id != "json" {
		loaded.events, _ = strconv.Atoi(strings.Split(id, "-")[1])
		return loaded
	}
	for name, value := range map[string]*any{"json.request": &loaded.value, "json.json": &loaded.right} {
		written, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = json.Unmarshal(written, value)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	return loaded
}

func (t *text) call(client string) (any, error) {
	written, err := json.Marshal(t.value)
	if err != nil {
		return nil, err
	}
	var body []byte
	if client == "go" {
		body, err = sendPlain(t.url, "application/json", written)
	} else {
		body, err = predictBytes(t.url, t.id, written)
	}
	if err != nil || t.events > 0 {
		return body, err
	}
	var answer any
	return answer, json.Unmarshal(body, &answer)
}

func (t *text) isRight(answer any) bool {
	if t.events > 0 {
		return bytes.Count(answer.([]byte), []byte("\n\n")) == t.events+1 // one ends the stream
	}
	return reflect.DeepEqual(answer, t.right)
}
