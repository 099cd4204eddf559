package main

// Pods of Jobs, run for real: the simulated kubelet makes a pod Running and nothing
// more, so what a Job does would never happen.  Here the containers of every pod that
// a Job controls are processes of this machine, and their ends are the pod's status;
// the Job controller does the rest (completions, retries, deadlines).
//
// Not simulated: images (the command comes from the pod, its program from PATH), users
// and security contexts, read-only mounts, probes, hooks, and updates of ConfigMaps
// and Secrets after the start.

import (
	"context"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
)

type jobs struct {
	client dynamic.Interface
	dir    string // files of all pods
	// proxy names a file that holds the URL of an HTTP proxy, where the names of pods
	// and services resolve.  It is read whenever a pod starts, and may be absent.
	proxy  string
	stores map[schema.GroupVersionResource]cache.GenericLister

	sync.Mutex
	// runs has the pods that were started and still exist, ended or not.
	runs   map[types.UID]*jobRun
	groups map[int]bool // process groups that run
}

func newJobs(client dynamic.Interface, dir, proxy string) *jobs {
	return &jobs{
		client: client, dir: dir, proxy: proxy,
		stores: map[schema.GroupVersionResource]cache.GenericLister{},
		runs:   map[types.UID]*jobRun{}, groups: map[int]bool{},
	}
}

// serve runs the pods of Jobs, until the program ends.
func (j *jobs) serve(ctx context.Context) {
	watch(ctx, j.client, j.stores, []schema.GroupVersionResource{podGVR}, j.reconcile)
}

func (j *jobs) reconcile(ctx context.Context) error {
	found, err := j.stores[podGVR].List(labels.Everything())
	if err != nil {
		return err
	}
	alive := map[types.UID]bool{}
	for _, f := range found {
		u := f.(*unstructured.Unstructured)
		if !ofJob(u) || u.GetDeletionTimestamp() != nil {
			continue
		}
		alive[u.GetUID()] = true
		if phase, _, _ := unstructured.NestedString(u.Object, "status", "phase"); phase != string(corev1.PodRunning) {
			continue
		}
		pod := &corev1.Pod{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, pod); err != nil {
			return err
		}
		if err := j.start(ctx, pod); err != nil {
			return err
		}
	}
	j.stopAllBut(alive)
	return nil
}

func ofJob(pod *unstructured.Unstructured) bool {
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "Job"
}

// start runs a pod once, however often it is seen Running afterwards.
func (j *jobs) start(ctx context.Context, pod *corev1.Pod) error {
	j.Lock()
	defer j.Unlock()
	if j.runs[pod.UID] != nil {
		return nil
	}
	dir := filepath.Join(j.dir, pod.Namespace, pod.Name+"_"+string(pod.UID))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &jobRun{jobs: j, pod: pod, dir: dir, cancel: cancel, done: make(chan struct{})}
	r.states = append(r.states, pod.Status.ContainerStatuses...)
	j.runs[pod.UID] = r
	log.Printf("job pod %s/%s: started", pod.Namespace, pod.Name)
	go func() {
		defer close(r.done)
		r.run(ctx)
		log.Printf("job pod %s/%s: ended", pod.Namespace, pod.Name)
	}()
	return nil
}

// stopAllBut ends the processes of pods that are gone or going, and removes their files.
func (j *jobs) stopAllBut(alive map[types.UID]bool) {
	j.Lock()
	defer j.Unlock()
	for uid, r := range j.runs {
		if alive[uid] {
			continue
		}
		delete(j.runs, uid)
		r.cancel()
		go func() {
			<-r.done
			_ = os.RemoveAll(r.dir)
		}()
	}
}

// find gives the run of a pod by name, waiting a little for one that starts just now.
func (j *jobs) find(namespace, name string) *jobRun {
	for range 20 {
		pod, err := j.stores[podGVR].ByNamespace(namespace).Get(name)
		if err != nil || !ofJob(pod.(*unstructured.Unstructured)) {
			return nil
		}
		j.Lock()
		r := j.runs[pod.(*unstructured.Unstructured).GetUID()]
		j.Unlock()
		if r != nil {
			return r
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// startGroup starts a process in a group of its own, which goes with this program.
func (j *jobs) startGroup(cmd *exec.Cmd) (int, error) {
	j.Lock()
	defer j.Unlock()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	j.groups[cmd.Process.Pid] = true
	return cmd.Process.Pid, nil
}

func (j *jobs) forgetGroup(id int) {
	j.Lock()
	defer j.Unlock()
	delete(j.groups, id)
}

// killAllAtEnd leaves no process behind when this program is told to end.  The lock is
// kept: nothing may start any more.
func (j *jobs) killAllAtEnd() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	<-told
	j.Lock()
	for id := range j.groups {
		_ = syscall.Kill(-id, syscall.SIGKILL)
	}
	os.Exit(0)
}
