// Alibaba's SDK for Go, unmodified: "program HOST:PORT" calls what an emulator runs there. The services are "echo", which
// says what it is sent, "jobs", a queue, and "slow_echo", which answers through queues; their token is "token". Prints
// what the SDK returned, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/pai-eas/eas-golang-sdk/eas"
	"github.com/pai-eas/eas-golang-sdk/eas/types"
)

var background = context.Background()

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func say(endpoint, kind, token, text string) string {
	client := eas.NewPredictClient(endpoint, "echo")
	client.SetToken(token)
	client.SetRetryCount(0)
	if kind != "" {
		client.SetEndpointType(kind)
	}
	check(client.Init())
	answer, err := client.StringPredict(text)
	if err != nil {
		return err.Error()
	}
	return answer
}

func queueOf(endpoint, name string, webSocket bool) *eas.QueueClient {
	client, err := eas.NewQueueClient("http://"+endpoint, name, "token")
	check(err)
	client.WebsocketWatch = webSocket
	return client
}

func texts(frames []types.DataFrame, err error) []string {
	check(err)
	found := []string{}
	for _, frame := range frames {
		found = append(found, string(frame.Data))
	}
	return found
}

func put(queue *eas.QueueClient, text string, tags types.Tags) (uint64, string) {
	index, id, err := queue.Put(background, []byte(text), tags)
	check(err)
	return index, id
}

// What a watch gives; the frames are committed one by one, unless that is done for us.
func watched(queue *eas.QueueClient, count int, autoCommit bool) (found []string, ids map[string]bool) {
	watcher, err := queue.Watch(background, 0, 2, false, autoCommit)
	check(err)
	ids = map[string]bool{}
	for len(found) < count {
		select {
		case frame := <-watcher.FrameChan():
			found = append(found, string(frame.Data))
			ids[frame.Tags["requestId"]] = true
			if !autoCommit {
				check(queue.Commit(background, frame.Index.Uint64()))
			}
		case <-time.After(10 * time.Second):
			check(fmt.Errorf("after %d frames nothing came", len(found)))
		}
	}
	watcher.Close()
	return found, ids
}

func usesQueue(endpoint string) map[string]any {
	jobs := queueOf(endpoint, "jobs", true)
	index, id := put(jobs, "first", types.Tags{"colour": "red"})
	keep := func(index uint64, tags types.Tags) []string {
		return texts(jobs.Get(background, index, 1, 0, false, tags))
	}
	found := map[string]any{
		"byId":    keep(0, types.Tags{"requestId": id}),
		"byIndex": keep(index, types.Tags{}),
		"byTag":   keep(0, types.Tags{"colour": "red"}),
		"nothing": texts(jobs.Get(background, 0, 1, 10*time.Millisecond, true, types.Tags{"colour": "blue"})),
	}
	check(jobs.Del(background, index))
	put(jobs, "plain", nil)
	_, _, err := jobs.PutWithPriority(background, []byte("urgent"), types.Tags{}, 1)
	check(err)
	found["priority"] = texts(jobs.Get(background, 0, 2, 0, true, types.Tags{}))
	put(jobs, "a", nil)
	last, _ := put(jobs, "b", nil)
	check(jobs.Truncate(background, last))
	found["truncated"] = texts(jobs.Get(background, 0, 9, 0, true, types.Tags{}))
	for name, queue := range map[string]*eas.QueueClient{"webSocket": jobs, "http": queueOf(endpoint, "jobs", false)} {
		for _, autoCommit := range []bool{false, true} {
			for i := 0; i < 5; i++ {
				put(queue, strconv.Itoa(i), nil)
			}
			seen, _ := watched(queue, 5, autoCommit)
			found[fmt.Sprintf("%s %t", name, autoCommit)] = seen
		}
	}
	refused, _ := put(jobs, "refused", nil)
	check(jobs.Negative(background, "Shutdown", "leaving", refused))
	check(jobs.Commit(background, refused))
	attributes, err := jobs.Attributes()
	check(err)
	found["left"] = attributes["stream.length"]
	return found
}

func usesAsynchronous(endpoint string) map[string]any {
	source, sink := queueOf(endpoint, "slow_echo", true), queueOf(endpoint, "slow_echo/sink", true)
	ids := map[string]bool{}
	for i := 0; i < 20; i++ {
		_, id := put(source, strconv.Itoa(i), nil)
		ids[id] = true
	}
	seen, answered := watched(sink, 20, false)
	sort.Strings(seen)
	return map[string]any{"texts": seen, "answered": fmt.Sprint(ids) == fmt.Sprint(answered)}
}

func main() {
	endpoint := os.Args[1]
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"predictions": map[string]string{
			"signed":     say(endpoint, "", "token", "héllo"),
			"direct":     say(endpoint, eas.EndpointTypeDirect, "token", "hello"),
			"wrongToken": say(endpoint, "", "wrong", "hello"),
		},
		"queue":        usesQueue(endpoint),
		"asynchronous": usesAsynchronous(endpoint),
	}))
}
