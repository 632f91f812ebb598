//go:build eas

package main

import (
	"strings"

	"github.com/pai-eas/eas-golang-sdk/eas"

	"peers/gen/tf"
)

// Of each service.
var sdkClients = map[string]*eas.PredictClient{}

// callSDK is what a program writes that uses Alibaba's SDK.
func callSDK(r *request) (*tf.PredictResponse, error) {
	client := sdkClients[r.id]
	if client == nil {
		host, _, _ := strings.Cut(strings.TrimPrefix(r.url, "http://"), "/")
		client = eas.NewPredictClient(host, r.id)
		if err := client.Init(); err != nil {
			return nil, err
		}
		sdkClients[r.id] = client
	}
	request := eas.TFRequest{}
	request.SetSignatureName(r.signature)
	for name, input := range r.inputs {
		request.AddFeedFloat32(name, input.ArrayShape.Dim, input.FloatVal)
	}
	response, err := client.TFPredict(request)
	if err != nil {
		return nil, err
	}
	return &response.Response, nil
}
