package main

// One pod of a Job: its processes, from the first to the status that they leave.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

type jobRun struct {
	jobs   *jobs
	pod    *corev1.Pod
	dir    string
	cancel context.CancelFunc
	done   chan struct{}

	sync.Mutex
	states []corev1.ContainerStatus
}

// cannotStart is the exit code of a container that the kubelet could not start.
const cannotStart = 128

// restartDelay is the kubelet's first wait before it restarts a container; each one
// doubles it, up to five minutes.
const restartDelay = 10 * time.Second

func (r *jobRun) run(ctx context.Context) {
	if seconds := r.pod.Spec.ActiveDeadlineSeconds; seconds != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds)*time.Second)
		defer stop()
	}
	volumes, err := r.volumes(ctx)
	if err == nil {
		err = r.initialise(ctx, volumes)
	}
	if err != nil {
		for i := range r.pod.Spec.Containers {
			r.ended(ctx, i, 0, corev1.ContainerStateTerminated{ExitCode: cannotStart, Reason: "StartError", Message: err.Error()})
		}
		return
	}
	var all sync.WaitGroup
	for i, c := range r.pod.Spec.Containers {
		all.Go(func() { r.keep(ctx, volumes, i, c) })
	}
	all.Wait()
}

// initialise runs the init containers, one after the other.
func (r *jobRun) initialise(ctx context.Context, volumes map[string]string) error {
	for _, c := range r.pod.Spec.InitContainers {
		if c.RestartPolicy != nil {
			return fmt.Errorf("init container %s: a restartPolicy of its own is not simulated", c.Name)
		}
		if end := r.container(ctx, volumes, c); end.ExitCode != 0 {
			return fmt.Errorf("init container %s ended with %d: %s", c.Name, end.ExitCode, end.Message)
		}
	}
	return nil
}

// keep runs a container to its end, and again where the pod's restart policy says so.
func (r *jobRun) keep(ctx context.Context, volumes map[string]string, index int, c corev1.Container) {
	delay := restartDelay
	for restarts := int32(0); ; restarts++ {
		end := r.container(ctx, volumes, c)
		again := end.ExitCode != 0 && r.pod.Spec.RestartPolicy == corev1.RestartPolicyOnFailure && ctx.Err() == nil
		if !again {
			r.ended(ctx, index, restarts, end)
			return
		}
		waiting := &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off " + delay.String() + " restarting failed container"}
		last := corev1.ContainerState{Terminated: &end}
		r.report(ctx, index, restarts, corev1.ContainerState{Waiting: waiting}, last)
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
		delay = min(2*delay, 5*time.Minute)
		running := &corev1.ContainerStateRunning{StartedAt: metav1.Now()}
		r.report(ctx, index, restarts+1, corev1.ContainerState{Running: running}, last)
	}
}

// container runs one container to its end.
func (r *jobRun) container(ctx context.Context, volumes map[string]string, c corev1.Container) corev1.ContainerStateTerminated {
	begun := metav1.Now()
	code, err := r.process(ctx, volumes, c)
	end := corev1.ContainerStateTerminated{ExitCode: int32(code), Reason: "Completed", StartedAt: begun, FinishedAt: metav1.Now()}
	if err != nil {
		end.ExitCode, end.Reason, end.Message = cannotStart, "StartError", err.Error()
	} else if code != 0 {
		end.Reason, end.Message = "Error", r.message(c)
	} else {
		end.Message = r.message(c)
	}
	return end
}

func (r *jobRun) process(ctx context.Context, volumes map[string]string, c corev1.Container) (int, error) {
	if len(c.Command) == 0 {
		return 0, errors.New("the container has no command, and images have no contents here")
	}
	variables, err := r.environment(ctx, c)
	if err != nil {
		return 0, err
	}
	mounts, err := r.mounts(volumes, c, variables)
	if err != nil {
		return 0, err
	}
	var words []string
	for _, word := range append(append([]string{}, c.Command...), c.Args...) {
		words = append(words, mounts.local(expand(word, variables.get)))
	}
	output, err := os.OpenFile(r.logFile(c.Name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	defer output.Close()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Dir = r.home()
	if c.WorkingDir != "" {
		cmd.Dir = mounts.local(c.WorkingDir)
	}
	cmd.Env = r.processEnvironment(variables, mounts)
	return r.await(ctx, cmd)
}

// await gives the exit code.  A pod that goes gets the time that it asked for; what a
// container leaves running ends with it.
func (r *jobRun) await(ctx context.Context, cmd *exec.Cmd) (int, error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	id, err := r.jobs.startGroup(cmd)
	if err != nil {
		return 0, err
	}
	defer r.jobs.forgetGroup(id)
	waited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(waited)
	}()
	select {
	case <-waited:
	case <-ctx.Done():
		_ = syscall.Kill(-id, syscall.SIGTERM)
		grace := int64(30)
		if seconds := r.pod.Spec.TerminationGracePeriodSeconds; seconds != nil {
			grace = *seconds
		}
		select {
		case <-waited:
		case <-time.After(time.Duration(grace) * time.Second):
		}
	}
	_ = syscall.Kill(-id, syscall.SIGKILL)
	<-waited
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

func (r *jobRun) home() string                   { return filepath.Join(r.dir, "home") }
func (r *jobRun) logFile(name string) string     { return filepath.Join(r.dir, name+".log") }
func (r *jobRun) messageFile(name string) string { return filepath.Join(r.dir, name+".termination") }

// message is what a container left in its termination message file or, if it asked for
// that, the end of its output: as much of it as the kubelet takes.
func (r *jobRun) message(c corev1.Container) string {
	text, _ := os.ReadFile(r.messageFile(c.Name))
	if len(text) > 0 || c.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
		return string(text[:min(len(text), 4096)])
	}
	text, _ = os.ReadFile(r.logFile(c.Name))
	text = text[max(0, len(text)-2048):]
	lines := strings.SplitAfter(string(text), "\n")
	return strings.Join(lines[max(0, len(lines)-80):], "")
}

func (r *jobRun) ended(ctx context.Context, index int, restarts int32, end corev1.ContainerStateTerminated) {
	last := r.states[index].LastTerminationState
	r.report(ctx, index, restarts, corev1.ContainerState{Terminated: &end}, last)
}

// report writes the state of one container and, with the last one's end, of the pod.
func (r *jobRun) report(ctx context.Context, index int, restarts int32, now, last corev1.ContainerState) {
	r.Lock()
	defer r.Unlock()
	s := &r.states[index]
	started := now.Running != nil
	s.State, s.LastTerminationState, s.RestartCount, s.Ready, s.Started = now, last, restarts, started, &started
	status := object{"containerStatuses": r.states}
	if phase := r.phase(); phase != corev1.PodRunning {
		status["phase"] = phase
		reason := map[corev1.PodPhase]string{corev1.PodSucceeded: "PodCompleted", corev1.PodFailed: "PodFailed"}[phase]
		var conditions []any
		for _, kind := range []corev1.PodConditionType{corev1.PodReady, corev1.ContainersReady} {
			conditions = append(conditions, object{"type": kind, "status": "False", "reason": reason, "lastTransitionTime": metav1.Now()})
		}
		status["conditions"] = conditions
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			status["phase"], status["reason"] = corev1.PodFailed, "DeadlineExceeded"
			status["message"] = "Pod was active on the node longer than the specified deadline"
		}
	}
	// With the uid the patch cannot meet another pod of the same name.
	patch, _ := json.Marshal(object{"metadata": object{"uid": r.pod.UID}, "status": status})
	for try := 0; ; try++ {
		_, err := r.jobs.client.Resource(podGVR).Namespace(r.pod.Namespace).
			Patch(context.Background(), r.pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		log.Printf("job pod %s/%s: %v", r.pod.Namespace, r.pod.Name, err)
		if try == 10 {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func (r *jobRun) phase() corev1.PodPhase {
	phase := corev1.PodSucceeded
	for _, s := range r.states {
		if s.State.Terminated == nil {
			return corev1.PodRunning
		}
		if s.State.Terminated.ExitCode != 0 {
			phase = corev1.PodFailed
		}
	}
	return phase
}
