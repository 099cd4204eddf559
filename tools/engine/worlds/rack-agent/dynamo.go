package main

// A stand-in for Dynamo's operator, which is no public Go module.  It makes what
// the operator is documented to make without Grove: a Deployment for a component
// of one node, a LeaderWorkerSet for one of several, a Service for the frontend,
// and the graph's state.
//
// It does none of the rest: no defaults for commands, ports and probes, no mpirun
// and SSH keys between the nodes of a worker, no discovery accounts, no generations
// of workers side by side during an update, no Grove, planner or model objects.  The
// operator makes a set per replica of a multinode component; here one set has all.

import (
	"context"
	"encoding/json"
	"log"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
)

const (
	graphLabel     = "nvidia.com/dynamo-graph-deployment-name"
	componentLabel = "nvidia.com/dynamo-component"
	fieldManager   = "rack-agent-dynamo"
)

var (
	crdGVR        = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	deploymentGVR = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	setGVR        = schema.GroupVersionResource{Group: "leaderworkerset.x-k8s.io", Version: "v1", Resource: "leaderworkersets"}
	serviceGVR    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	graphGVRs     = []schema.GroupVersionResource{
		{Group: "nvidia.com", Version: "v1alpha1", Resource: "dynamographdeployments"},
		{Group: "nvidia.com", Version: "v1beta1", Resource: "dynamographdeployments"},
	}
)

type graphs struct {
	client dynamic.Interface
	stores map[schema.GroupVersionResource]cache.GenericLister
}

// serveGraphs keeps the pods of all graphs, until the program ends.
func serveGraphs(ctx context.Context, client dynamic.Interface) {
	if _, err := client.Resource(crdGVR).Get(ctx, "dynamographdeployments."+graphGVRs[0].Group, metav1.GetOptions{}); err != nil {
		log.Printf("no Dynamo graphs: %v", err)
		return
	}
	g := &graphs{client: client, stores: map[schema.GroupVersionResource]cache.GenericLister{}}
	watch(ctx, client, g.stores, append(slices.Clone(graphGVRs), deploymentGVR, setGVR), g.reconcile)
}

// reconcile visits every graph in the version it was written in: seen in the other
// one it has no components.
func (g *graphs) reconcile(ctx context.Context) error {
	for _, gvr := range graphGVRs {
		found, err := g.stores[gvr].List(labels.Everything())
		if err != nil {
			return err
		}
		for _, f := range found {
			graph := f.(*unstructured.Unstructured)
			parts := components(graph)
			if len(parts) == 0 || graph.GetDeletionTimestamp() != nil {
				continue
			}
			if err := g.reconcileGraph(ctx, gvr, graph, parts); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *graphs) reconcileGraph(ctx context.Context, gvr schema.GroupVersionResource, graph *unstructured.Unstructured, parts []component) error {
	wanted := map[string]bool{}
	statuses, ready := object{}, true
	for _, c := range parts {
		child, at := c.workload(graph)
		wanted[at.Resource+"/"+child.GetName()] = true
		now, err := g.apply(ctx, at, child)
		if err != nil {
			return err
		}
		if c.frontend {
			if _, err := g.apply(ctx, serviceGVR, c.service(graph)); err != nil {
				return err
			}
		}
		status, done := c.status(now)
		statuses[c.name], ready = status, ready && done
	}
	if err := g.prune(ctx, graph, wanted); err != nil {
		return err
	}
	return g.report(ctx, gvr, graph, statuses, ready)
}

func (c component) identity(graph *unstructured.Unstructured) object {
	return object{graphLabel: graph.GetName(), componentLabel: strings.ToLower(c.name)}
}

func (c component) metadata(graph *unstructured.Unstructured) object {
	return object{
		"name": graph.GetName() + "-" + strings.ToLower(c.name), "namespace": graph.GetNamespace(), "labels": c.identity(graph),
		"ownerReferences": []any{object{
			"apiVersion": graph.GetAPIVersion(), "kind": graph.GetKind(), "name": graph.GetName(), "uid": string(graph.GetUID()),
			"controller": true, "blockOwnerDeletion": true,
		}},
	}
}

// workload is a Deployment, or a LeaderWorkerSet where a worker spans nodes.  Either
// updates in place: a full rack has no tray to surge onto.
func (c component) workload(graph *unstructured.Unstructured) (*unstructured.Unstructured, schema.GroupVersionResource) {
	labels, _, _ := unstructured.NestedMap(c.template, "metadata", "labels")
	if labels == nil {
		labels = object{}
	}
	for key, value := range c.identity(graph) {
		labels[key] = value
	}
	c.template["metadata"].(object)["labels"] = labels
	inPlace := object{"maxUnavailable": int64(1), "maxSurge": int64(0)}
	if c.nodes == 1 {
		return &unstructured.Unstructured{Object: object{
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": c.metadata(graph),
			"spec": object{
				"replicas": c.replicas, "selector": object{"matchLabels": c.identity(graph)}, "template": c.template,
				"strategy": object{"type": "RollingUpdate", "rollingUpdate": inPlace},
			},
		}}, deploymentGVR
	}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "metadata": c.metadata(graph),
		"spec": object{
			"replicas": c.replicas, "startupPolicy": "LeaderCreated",
			"rolloutStrategy": object{"type": "RollingUpdate", "rollingUpdateConfiguration": inPlace},
			"leaderWorkerTemplate": object{
				"size": c.nodes, "restartPolicy": "RecreateGroupOnPodRestart", "workerTemplate": c.template,
			},
		},
	}}, setGVR
}

func (c component) service(graph *unstructured.Unstructured) *unstructured.Unstructured {
	port := object{"name": "http", "port": int64(8000), "targetPort": int64(8000), "protocol": "TCP"}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "v1", "kind": "Service", "metadata": c.metadata(graph),
		"spec": object{"selector": c.identity(graph), "ports": []any{port}},
	}}
}

func (g *graphs) apply(ctx context.Context, gvr schema.GroupVersionResource, child *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return g.client.Resource(gvr).Namespace(child.GetNamespace()).Apply(ctx, child.GetName(), child,
		metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
}

// status says how far a component is; it is done when all replicas run its template.
func (c component) status(now *unstructured.Unstructured) (object, bool) {
	ready, updated := count(now.Object, 0, "status", "readyReplicas"), count(now.Object, 0, "status", "updatedReplicas")
	seen := count(now.Object, now.GetGeneration(), "status", "observedGeneration")
	status := object{
		"componentKind": now.GetKind(), "componentName": now.GetName(), "componentNames": []any{now.GetName()},
		"replicas": c.replicas, "readyReplicas": ready, "updatedReplicas": updated,
	}
	return status, seen == now.GetGeneration() && ready == c.replicas && updated == c.replicas
}

// prune deletes workloads of components that are gone, or that are of the other kind now.
func (g *graphs) prune(ctx context.Context, graph *unstructured.Unstructured, wanted map[string]bool) error {
	selector := labels.SelectorFromSet(labels.Set{graphLabel: graph.GetName()})
	for _, gvr := range []schema.GroupVersionResource{deploymentGVR, setGVR} {
		found, err := g.stores[gvr].ByNamespace(graph.GetNamespace()).List(selector)
		if err != nil {
			return err
		}
		for _, f := range found {
			child := f.(*unstructured.Unstructured)
			if wanted[gvr.Resource+"/"+child.GetName()] || !metav1.IsControlledBy(child, graph) {
				continue
			}
			err := g.client.Resource(gvr).Namespace(child.GetNamespace()).Delete(ctx, child.GetName(), metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				return err
			}
		}
	}
	return nil
}

func (g *graphs) report(ctx context.Context, gvr schema.GroupVersionResource, graph *unstructured.Unstructured, statuses object, ready bool) error {
	state, truth, reason := "pending", "False", "pods_not_ready"
	if ready {
		state, truth, reason = "successful", "True", "all_resources_are_ready"
	}
	field := "services"
	if gvr.Version == "v1beta1" {
		field = "components"
	}
	was, _, _ := unstructured.NestedString(graph.Object, "status", "state")
	reported, _, _ := unstructured.NestedMap(graph.Object, "status", field)
	same, _ := json.Marshal([]any{reported, count(graph.Object, 0, "status", "observedGeneration")})
	next, _ := json.Marshal([]any{statuses, graph.GetGeneration()})
	if was == state && string(same) == string(next) {
		return nil
	}
	patch, _ := json.Marshal(object{"status": object{
		"state": state, "observedGeneration": graph.GetGeneration(), field: statuses,
		"conditions": []any{object{
			"type": "Ready", "status": truth, "reason": reason, "message": "",
			"observedGeneration": graph.GetGeneration(), "lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
		}},
	}})
	_, err := g.client.Resource(gvr).Namespace(graph.GetNamespace()).Patch(ctx, graph.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	if err == nil && was != state {
		log.Printf("graph %s/%s: %s", graph.GetNamespace(), graph.GetName(), state)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
