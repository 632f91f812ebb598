//go:build eas

package main

import (
	"strings"

	"github.com/pai-eas/eas-golang-sdk/eas"

	"peers/gen/tf"
)

// Of each service.
var sdkClients = map[string]*eas.PredictClient{}

func clientOf(url, id string) (*eas.PredictClient, error) {
	if client := sdkClients[id]; client != nil {
		return client, nil
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	client := eas.NewPredictClient(host, id)
	if err := client.Init(); err != nil {
		return nil, err
	}
	sdkClients[id] = client // the first call is alone
	return client, nil
}

// predictTensors is what a program writes that uses Alibaba's SDK.
func predictTensors(t *tensors) (*tf.PredictResponse, error) {
	client, err := clientOf(t.url, t.id)
	if err != nil {
		return nil, err
	}
	request := eas.TFRequest{}
	request.SetSignatureName(t.signature)
	for name, input := range t.inputs {
		request.AddFeedFloat32(name, input.ArrayShape.Dim, input.FloatVal)
	}
	response, err := client.TFPredict(request)
	if err != nil {
		return nil, err
	}
	return &response.Response, nil
}

// predictBytes is the same for what a program has written itself.
func predictBytes(url, id string, body []byte) ([]byte, error) {
	client, err := clientOf(url, id)
	if err != nil {
		return nil, err
	}
	return client.BytesPredict(body)
}
