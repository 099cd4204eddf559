package main

// Environment of the containers of a Job's pod.

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// variables keep the order in which they were set; setting one again keeps its place.
type variables struct {
	names  []string
	values map[string]string
}

func (v *variables) set(name, value string) {
	if _, found := v.values[name]; !found {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

func (v *variables) get(name string) (string, bool) {
	value, found := v.values[name]
	return value, found
}

// environment is what the pod says, with the paths of the container.
func (r *jobRun) environment(ctx context.Context, c corev1.Container) (*variables, error) {
	v := &variables{values: map[string]string{}}
	for _, from := range c.EnvFrom {
		var entries map[string][]byte
		var err error
		switch {
		case from.ConfigMapRef != nil:
			entries, err = r.configMap(ctx, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
		case from.SecretRef != nil:
			entries, err = r.secret(ctx, from.SecretRef.Name, from.SecretRef.Optional)
		}
		if err != nil {
			return nil, err
		}
		var keys []string
		for key := range entries {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			v.set(from.Prefix+key, string(entries[key]))
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			v.set(e.Name, expand(e.Value, v.get))
			continue
		}
		value, found, err := r.valueFrom(ctx, e.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", e.Name, err)
		}
		if found {
			v.set(e.Name, value)
		}
	}
	return v, nil
}

func (r *jobRun) valueFrom(ctx context.Context, from *corev1.EnvVarSource) (string, bool, error) {
	switch {
	case from.FieldRef != nil:
		value, err := r.field(from.FieldRef.FieldPath)
		return value, true, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		entries, err := r.configMap(ctx, ref.Name, ref.Optional)
		return entry(entries, ref.Key, ref.Optional, err)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		entries, err := r.secret(ctx, ref.Name, ref.Optional)
		return entry(entries, ref.Key, ref.Optional, err)
	}
	return "", false, fmt.Errorf("only fields, ConfigMaps and Secrets are simulated")
}

func entry(entries map[string][]byte, key string, optional *bool, err error) (string, bool, error) {
	value, found := entries[key]
	if err == nil && !found && (optional == nil || !*optional) {
		err = fmt.Errorf("there is no key %s", key)
	}
	return string(value), found, err
}

func (r *jobRun) field(path string) (string, error) {
	pod := r.pod
	switch path {
	case "metadata.name":
		return pod.Name, nil
	case "metadata.namespace":
		return pod.Namespace, nil
	case "metadata.uid":
		return string(pod.UID), nil
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.podIP":
		return pod.Status.PodIP, nil
	case "status.hostIP":
		return pod.Status.HostIP, nil
	}
	if key, found := strings.CutPrefix(path, "metadata.labels['"); found {
		return pod.Labels[strings.TrimSuffix(key, "']")], nil
	}
	if key, found := strings.CutPrefix(path, "metadata.annotations['"); found {
		return pod.Annotations[strings.TrimSuffix(key, "']")], nil
	}
	return "", fmt.Errorf("field %s is not simulated", path)
}

// processEnvironment is all that the process gets: nothing of this machine but PATH.
// The proxy stands for the rack's network, so a pod cannot choose another.
func (r *jobRun) processEnvironment(pod *variables, mounts mountTable) []string {
	out := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home(), "HOSTNAME=" + r.pod.Name}
	for _, name := range pod.names {
		out = append(out, name+"="+mounts.local(pod.values[name]))
	}
	if url, err := os.ReadFile(r.jobs.proxy); err == nil {
		proxy := strings.TrimSpace(string(url))
		out = append(out, "http_proxy="+proxy, "HTTP_PROXY="+proxy)
	}
	return out
}

// expand replaces $(NAME) as Kubernetes does: unknown names stay, $$ is a dollar sign.
func expand(text string, lookup func(string) (string, bool)) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		if text[i+1] == '$' {
			out.WriteByte('$')
			i++
			continue
		}
		end := strings.IndexByte(text[i:], ')')
		if text[i+1] != '(' || end < 0 {
			out.WriteByte('$')
			continue
		}
		if value, found := lookup(text[i+2 : i+end]); found {
			out.WriteString(value)
		} else {
			out.WriteString(text[i : i+end+1])
		}
		i += end
	}
	return out.String()
}
