//go:build eas

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"reflect"
	"strings"
	"time"

	"github.com/pai-eas/eas-golang-sdk/eas"
	"github.com/pai-eas/eas-golang-sdk/eas/types"
)

// queued is a payload that goes through the queues of an asynchronous service, which answers with what it is sent.
type queued struct {
	source, sink *eas.QueueClient
	value        any
}

func loadQueue(url, id string) payload {
	clientOf := func(name string) *eas.QueueClient {
		client, err := eas.NewQueueClient(strings.TrimSuffix(url, "/api/predict/"+id), name, "invented-token")
		if err != nil {
			log.Fatal(err)
		}
		return client
	}
	return &queued{clientOf(id), clientOf(id + "/sink"), []any{[]any{5.1, 3.5, 1.4, 0.2}}}
}

func (q *queued) call(string) (answer any, err error) {
	written, err := json.Marshal(q.value)
	if err != nil {
		return nil, err
	}
	_, requestId, err := q.source.Put(context.Background(), written, types.Tags{})
	if err != nil {
		return nil, err
	}
	frames, err := q.sink.Get(context.Background(), 0, 1, 5*time.Second, true, types.Tags{"requestId": requestId})
	if err == nil && len(frames) != 1 {
		err = fmt.Errorf("%d answers", len(frames))
	}
	if err != nil {
		return nil, err
	}
	return answer, json.Unmarshal(frames[0].Data, &answer)
}

func (q *queued) isRight(answer any) bool { return reflect.DeepEqual(answer, q.value) }
