package main

// The components of a Dynamo graph, and their pods as the operator makes them, from
// either version of the API.

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type object = map[string]any

// component is one part of a graph, whichever version says it.
type component struct {
	name     string
	frontend bool
	replicas int64
	nodes    int64
	template object
}

// components reads both versions: a map of services, or a list of components.
func components(graph *unstructured.Unstructured) []component {
	var parts []component
	services, _, _ := unstructured.NestedMap(graph.Object, "spec", "services")
	shared, _, _ := unstructured.NestedSlice(graph.Object, "spec", "envs")
	for name, s := range services {
		service := s.(object)
		parts = append(parts, component{
			name: name, frontend: service["componentType"] == "frontend",
			replicas: count(service, 1, "replicas"), nodes: count(service, 1, "multinode", "nodeCount"),
			template: alphaTemplate(service, shared),
		})
	}
	list, _, _ := unstructured.NestedSlice(graph.Object, "spec", "components")
	shared, _, _ = unstructured.NestedSlice(graph.Object, "spec", "env")
	for _, c := range list {
		beta := c.(object)
		name, _ := beta["name"].(string)
		parts = append(parts, component{
			name: name, frontend: beta["type"] == "frontend",
			replicas: count(beta, 1, "replicas"), nodes: count(beta, 1, "multinode", "nodeCount"),
			template: betaTemplate(beta, shared),
		})
	}
	slices.SortFunc(parts, func(a, b component) int { return strings.Compare(a.name, b.name) })
	return parts
}

func count(o object, otherwise int64, path ...string) int64 {
	if n, found, _ := unstructured.NestedInt64(o, path...); found {
		return n
	}
	return otherwise
}

func items(o object, path ...string) []any {
	list, _, _ := unstructured.NestedSlice(o, path...)
	return list
}

func alphaTemplate(service object, shared []any) object {
	spec, _, _ := unstructured.NestedMap(service, "extraPodSpec")
	if spec == nil {
		spec = object{}
	}
	main, _ := spec["mainContainer"].(object)
	if main == nil {
		main = object{}
	}
	delete(spec, "mainContainer")
	main["env"] = slices.Concat(shared, items(service, "envs"), items(main, "env"))
	main["resources"] = alphaResources(service)
	size, _, _ := unstructured.NestedFieldNoCopy(service, "sharedMemory", "size")
	metadata, _, _ := unstructured.NestedMap(service, "extraPodMetadata")
	return podTemplate(metadata, spec, main, items(spec, "containers"), size)
}

// alphaResources: v1alpha1 has words of its own for a container's quantities.
func alphaResources(service object) object {
	out := object{}
	for _, kind := range []string{"requests", "limits"} {
		item, _, _ := unstructured.NestedMap(service, "resources", kind)
		quantities := object{}
		for key, value := range item {
			switch key {
			case "gpu":
				quantities["nvidia.com/gpu"] = value
			case "custom":
				for resource, quantity := range value.(object) {
					quantities[resource] = quantity
				}
			case "cpu", "memory":
				quantities[key] = value
			}
		}
		out[kind] = quantities
	}
	if claims := items(service, "resources", "claims"); claims != nil {
		out["claims"] = claims
	}
	return out
}

func betaTemplate(beta object, shared []any) object {
	metadata, _, _ := unstructured.NestedMap(beta, "podTemplate", "metadata")
	spec, _, _ := unstructured.NestedMap(beta, "podTemplate", "spec")
	if spec == nil {
		spec = object{}
	}
	main := object{}
	var others []any
	for _, c := range items(spec, "containers") {
		if container := c.(object); container["name"] == "main" {
			main = container
		} else {
			others = append(others, c)
		}
	}
	main["env"] = slices.Concat(shared, items(main, "env"))
	return podTemplate(metadata, spec, main, others, beta["sharedMemorySize"])
}

// podTemplate completes a pod as the operator does: the main container is named so
// and has /dev/shm.  Simulated pods answer no probes.
func podTemplate(metadata, spec, main object, others []any, size any) object {
	if metadata == nil {
		metadata = object{}
	}
	for _, probe := range []string{"startupProbe", "readinessProbe", "livenessProbe"} {
		delete(main, probe)
	}
	main["name"] = "main"
	if size == nil {
		size = "8Gi"
	}
	if q, err := resource.ParseQuantity(size.(string)); err == nil && !q.IsZero() {
		main["volumeMounts"] = append(items(main, "volumeMounts"), object{"name": "shared-memory", "mountPath": "/dev/shm"})
		spec["volumes"] = append(items(spec, "volumes"), object{"name": "shared-memory", "emptyDir": object{"medium": "Memory", "sizeLimit": size}})
	}
	spec["containers"] = append([]any{main}, others...)
	return object{"metadata": metadata, "spec": spec}
}
