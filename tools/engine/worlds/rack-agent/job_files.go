package main

// Volumes of a Job's pod as directories of this machine.
//
// There is no container, and so no file system of its own: where a volume is mounted,
// the process has the local directory instead.  Every occurrence of a mount path in the
// command, the arguments and the values of the environment is replaced by it, as a whole
// path or as the beginning of one.  Paths that a script holds inside are not; scripts
// take their paths from outside.

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	configMapGVR = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	secretGVR    = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	claimedGVR   = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	volumeGVR    = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
)

// get reads an object into a type of its API.
func (r *jobRun) get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string, into any) error {
	u, err := r.jobs.client.Resource(gvr).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, into)
}

// volumes gives the directory of each volume.
func (r *jobRun) volumes(ctx context.Context) (map[string]string, error) {
	if err := os.MkdirAll(r.home(), 0o700); err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for _, v := range r.pod.Spec.Volumes {
		if v.Projected != nil && strings.HasPrefix(v.Name, "kube-api-access-") {
			continue // the token that admission adds: nothing here talks to the API server
		}
		dir, err := r.volume(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", v.Name, err)
		}
		dirs[v.Name] = dir
	}
	return dirs, nil
}

func (r *jobRun) volume(ctx context.Context, v corev1.Volume) (string, error) {
	dir := filepath.Join(r.dir, "volumes", v.Name)
	switch {
	case v.PersistentVolumeClaim != nil:
		return r.claimed(ctx, v.PersistentVolumeClaim.ClaimName)
	case v.EmptyDir != nil:
		return dir, os.MkdirAll(dir, 0o700)
	case v.ConfigMap != nil:
		entries, err := r.configMap(ctx, v.ConfigMap.Name, v.ConfigMap.Optional)
		if err != nil {
			return "", err
		}
		return dir, writeEntries(dir, entries, v.ConfigMap.Items, v.ConfigMap.DefaultMode)
	case v.Secret != nil:
		entries, err := r.secret(ctx, v.Secret.SecretName, v.Secret.Optional)
		if err != nil {
			return "", err
		}
		return dir, writeEntries(dir, entries, v.Secret.Items, v.Secret.DefaultMode)
	}
	return "", fmt.Errorf("only claims, emptyDir, ConfigMaps and Secrets are simulated")
}

// claimed gives the directory of the volume that a claim is bound to.
func (r *jobRun) claimed(ctx context.Context, name string) (string, error) {
	var claim corev1.PersistentVolumeClaim
	if err := r.get(ctx, claimedGVR, r.pod.Namespace, name, &claim); err != nil {
		return "", err
	}
	var bound corev1.PersistentVolume
	if err := r.get(ctx, volumeGVR, "", claim.Spec.VolumeName, &bound); err != nil {
		return "", err
	}
	if bound.Spec.HostPath == nil {
		return "", fmt.Errorf("%s is bound to %s, which has no hostPath", name, bound.Name)
	}
	return bound.Spec.HostPath.Path, os.MkdirAll(bound.Spec.HostPath.Path, 0o755)
}

func (r *jobRun) configMap(ctx context.Context, name string, optional *bool) (map[string][]byte, error) {
	var found corev1.ConfigMap
	err := r.get(ctx, configMapGVR, r.pod.Namespace, name, &found)
	if apierrors.IsNotFound(err) && optional != nil && *optional {
		return nil, nil
	}
	entries := found.BinaryData
	if entries == nil {
		entries = map[string][]byte{}
	}
	for key, text := range found.Data {
		entries[key] = []byte(text)
	}
	return entries, err
}

func (r *jobRun) secret(ctx context.Context, name string, optional *bool) (map[string][]byte, error) {
	var found corev1.Secret
	err := r.get(ctx, secretGVR, r.pod.Namespace, name, &found)
	if apierrors.IsNotFound(err) && optional != nil && *optional {
		return nil, nil
	}
	return found.Data, err
}

func writeEntries(dir string, entries map[string][]byte, items []corev1.KeyToPath, mode *int32) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if items == nil {
		for key := range entries {
			items = append(items, corev1.KeyToPath{Key: key, Path: key})
		}
	}
	for _, item := range items {
		content, found := entries[item.Key]
		if !found {
			return fmt.Errorf("there is no key %s", item.Key)
		}
		permissions := os.FileMode(0o644)
		if item.Mode != nil {
			permissions = os.FileMode(*item.Mode)
		} else if mode != nil {
			permissions = os.FileMode(*mode)
		}
		path := filepath.Join(dir, item.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, permissions); err != nil {
			return err
		}
	}
	return nil
}

// mount is a path in the container, and where it is on this machine.
type mount struct{ path, local string }

// mountTable has the longest paths first.
type mountTable []mount

func (r *jobRun) mounts(volumes map[string]string, c corev1.Container, variables *variables) (mountTable, error) {
	table := mountTable{{c.TerminationMessagePath, r.messageFile(c.Name)}}
	for _, m := range c.VolumeMounts {
		dir, found := volumes[m.Name]
		if !found {
			continue
		}
		sub := m.SubPath
		if m.SubPathExpr != "" {
			sub = expand(m.SubPathExpr, variables.get)
		}
		local := filepath.Join(dir, sub)
		if _, err := os.Stat(local); err != nil {
			if err := os.MkdirAll(local, 0o755); err != nil {
				return nil, err
			}
		}
		table = append(table, mount{strings.TrimSuffix(m.MountPath, "/"), local})
	}
	sort.SliceStable(table, func(i, j int) bool { return len(table[i].path) > len(table[j].path) })
	return table, nil
}

// local replaces the mount paths in a text, each once: what was put in is not looked at again.
func (t mountTable) local(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		if m := t.at(text, i); m != nil {
			out.WriteString(m.local)
			i += len(m.path)
		} else {
			out.WriteByte(text[i])
			i++
		}
	}
	return out.String()
}

// at gives the mount whose path stands at i, not in the middle of another path or name.
func (t mountTable) at(text string, i int) *mount {
	if i > 0 && (text[i-1] == '/' || inName(text[i-1])) {
		return nil
	}
	for k, m := range t {
		if m.path == "" || !strings.HasPrefix(text[i:], m.path) {
			continue
		}
		if end := i + len(m.path); end == len(text) || !inName(text[end]) {
			return &t[k]
		}
	}
	return nil
}

func inName(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
