// Command generate writes what protoc-gen-go makes of .proto files, and needs no protoc for it:
//
//	generate FOLDER-OF-PROTOS OUT MODULE FILE.proto=PACKAGE…
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(protos, out, module string, pairs []string) error {
	request := &pluginpb.CodeGeneratorRequest{}
	parameters := []string{"module=" + module}
	for _, pair := range pairs {
		file, name, _ := strings.Cut(pair, "=")
		request.FileToGenerate = append(request.FileToGenerate, file)
		// The files name no Go package, since they are the vendor's.
		parameters = append(parameters, fmt.Sprintf("M%s=%s/%s", file, module, name))
	}
	request.Parameter = proto.String(strings.Join(parameters, ","))
	resolver := &protocompile.SourceResolver{ImportPaths: []string{protos}}
	compiler := protocompile.Compiler{Resolver: resolver}
	files, err := compiler.Compile(context.Background(), request.FileToGenerate...)
	if err != nil {
		return err
	}
	for _, file := range files {
		request.ProtoFile = append(request.ProtoFile, protodesc.ToFileDescriptorProto(file))
	}
	return generate(request, out)
}

func generate(request *pluginpb.CodeGeneratorRequest, out string) error {
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		return err
	}
	for _, file := range plugin.Files {
		internal_gengo.GenerateFile(plugin, file)
	}
	response := plugin.Response()
	if response.Error != nil {
		return fmt.Errorf("cannot generate: %s", response.GetError())
	}
	for _, file := range response.File {
		path := filepath.Join(out, file.GetName())
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
