package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status is what became of a run's objects.
type Status struct {
	// Pods are those that there are.
	Pods []Pod
	// Failed are the Jobs that have failed, each with the cluster's reason.
	Failed []string
	// Refused are Jobs for which the cluster didn't make all pods, each with its reason, such as a quota.
	Refused []string

	// short has the Jobs that have fewer pods than they need, and since when they are there.
	short map[string]time.Time
}

// Pod is a pod of a run.
type Pod struct {
	Name, Component, Node string
	// Phase is the cluster's: Pending, Running, Succeeded, Failed.
	Phase string
	Ready bool
	// Leaving pods are being deleted.
	Leaving bool
	// Since is when it was made.
	Since time.Time
	// Waits is why it has no node yet, and Stuck why its container can't start; both are empty for one that runs.
	Waits, Stuck string
	// Ended is how it ended, if not with exit code 0.
	Ended string
}

// over is how it ended, with any exit code; "" for one that goes on.
func (p Pod) over() string {
	if p.Ended == "" && p.Phase == "Succeeded" {
		return "exit code 0"
	}
	return p.Ended
}

// list is the part of the JSON of `kubectl get pods,jobs,events` that matters, from the types Pod, Job and Event of Kubernetes' API.
type list struct {
	Items []item `json:"items"`
}

type item struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name              string            `json:"name"`
		Labels            map[string]string `json:"labels"`
		CreationTimestamp time.Time         `json:"creationTimestamp"`
		DeletionTimestamp string            `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		NodeName    string `json:"nodeName"`
		Parallelism int    `json:"parallelism"`
	} `json:"spec"`
	Status struct {
		Phase      string `json:"phase"`
		Reason     string `json:"reason"`
		Message    string `json:"message"`
		Conditions []struct {
			Type, Status, Reason, Message string
		} `json:"conditions"`
		ContainerStatuses []struct {
			State struct {
				Waiting    *struct{ Reason, Message string } `json:"waiting"`
				Terminated *struct {
					ExitCode        int `json:"exitCode"`
					Reason, Message string
				} `json:"terminated"`
			} `json:"state"`
		} `json:"containerStatuses"`
	} `json:"status"`
	// These are an event's.
	Type           string    `json:"type"`
	Reason         string    `json:"reason"`
	Message        string    `json:"message"`
	LastTimestamp  time.Time `json:"lastTimestamp"`
	InvolvedObject struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"involvedObject"`
}

// DecodeStatus reads the Jobs and pods of a run from what kubectl prints as JSON.
func DecodeStatus(data []byte) (Status, error) {
	out := Status{short: map[string]time.Time{}}
	l, err := decode(data)
	if err != nil {
		return out, err
	}
	pods := map[string]int{}
	for _, x := range l.Items {
		if x.Kind == "Pod" {
			pods[x.Metadata.Labels["batch.kubernetes.io/job-name"]]++
			out.Pods = append(out.Pods, x.pod())
		}
	}
	for _, x := range l.Items {
		if x.Kind != "Job" {
			continue
		}
		if pods[x.Metadata.Name] < x.Spec.Parallelism {
			out.short[x.Metadata.Name] = x.Metadata.CreationTimestamp
		}
		for _, c := range x.Status.Conditions {
			if c.Type == "Failed" && c.Status == "True" {
				out.Failed = append(out.Failed, x.Metadata.Name+": "+said(c.Reason, c.Message))
			}
		}
	}
	return out, nil
}

func decode(data []byte) (list, error) {
	var l list
	if err := json.Unmarshal(data, &l); err != nil {
		return l, fmt.Errorf("read what kubectl printed: %w", err)
	}
	return l, nil
}

func (x item) pod() Pod {
	p := Pod{Name: x.Metadata.Name, Component: x.Metadata.Labels["app.kubernetes.io/component"], Node: x.Spec.NodeName, Phase: x.Status.Phase,
		Since: x.Metadata.CreationTimestamp, Leaving: x.Metadata.DeletionTimestamp != ""}
	for _, c := range x.Status.Conditions {
		switch {
		case c.Type == "Ready":
			p.Ready = c.Status == "True"
		case c.Type == "PodScheduled" && c.Status == "False":
			p.Waits = said(c.Reason, c.Message)
		}
	}
	for _, c := range x.Status.ContainerStatuses {
		if w := c.State.Waiting; w != nil && slices.Contains(stuck(), w.Reason) {
			p.Stuck = said(w.Reason, w.Message)
		}
		if t := c.State.Terminated; t != nil && t.ExitCode != 0 {
			p.Ended = said(fmt.Sprintf("%s, exit code %d", t.Reason, t.ExitCode), t.Message)
		}
	}
	if p.Ended == "" && p.Phase == "Failed" { // without a container, such as a pod that its node refused
		p.Ended = said(cmp.Or(x.Status.Reason, "it failed"), x.Status.Message)
	}
	return p
}

// explain adds why Jobs have too few pods, from events. Those of an earlier run with the same name don't count.
func (s *Status) explain(events []byte) error {
	l, err := decode(events)
	if err != nil {
		return err
	}
	for _, x := range l.Items {
		since, short := s.short[x.InvolvedObject.Name]
		if x.Kind != "Event" || x.Reason != "FailedCreate" || x.InvolvedObject.Kind != "Job" || !short || x.LastTimestamp.Before(since) {
			continue
		}
		if why := x.InvolvedObject.Name + ": " + said(x.Reason, x.Message); !slices.Contains(s.Refused, why) {
			s.Refused = append(s.Refused, why)
		}
	}
	return nil
}

// stuck are the reasons of a waiting container that don't go away.
func stuck() []string {
	return []string{"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
}

// said is a cluster's reason and message in a line.
func said(reason, message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if message == "" {
		return reason
	}
	return reason + ": " + message
}

// Trouble is why a run can't go on, in the cluster's words, or "". A pod may wait for a node for a time, as clusters can add some.
func (s Status) Trouble(now time.Time, patience time.Duration) string {
	for _, p := range s.Pods {
		switch {
		case p.Stuck != "":
			return fmt.Sprintf("the pod %s can't start: %s", p.Name, p.Stuck)
		case p.Ended != "" && p.Component != Collector: // a run looks at the collector's end first
			return fmt.Sprintf("the pod %s ended: %s", p.Name, p.Ended)
		case p.Waits != "" && now.Sub(p.Since) > patience:
			return fmt.Sprintf("the pod %s has had no node for %s: %s", p.Name, patience, p.Waits)
		}
	}
	switch {
	case len(s.Refused) > 0:
		return "the cluster refuses a pod of the job " + s.Refused[0]
	case len(s.Failed) > 0:
		return "the job " + s.Failed[0]
	}
	return ""
}

// Waiting are pods without a node, with the cluster's reason.
func (s Status) Waiting() (out []string) {
	for _, p := range s.Pods {
		if p.Waits != "" {
			out = append(out, p.Name+": "+p.Waits)
		}
	}
	return out
}

// Collector is the collector's pod, and whether there is one.
func (s Status) Collector() (Pod, bool) {
	i := slices.IndexFunc(s.Pods, func(p Pod) bool { return p.Component == Collector })
	if i < 0 {
		return Pod{}, false
	}
	return s.Pods[i], true
}
