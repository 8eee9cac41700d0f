package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// snapshot has all files below a folder with their content.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files[path] = fmt.Sprint(d.Type(), info.Size())
		if d.Type().IsRegular() && info.Size() < 1<<24 { // one that is huge has holes alone
			data, err := os.ReadFile(path)
			files[path] += string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// refusedInOneLine runs a wrong command line: tqbench must refuse it with one clear line, and write nothing.
func refusedInOneLine(t *testing.T, dir, want string, args ...string) {
	t.Helper()
	refusedWith(t, nil, dir, want, args...)
}

// said is what a command wrote, but that it waited: other tests build environments meanwhile.
func said(stderr *bytes.Buffer) string {
	return regexp.MustCompile(`(?m)^waiting for another tqbench.*\n`).ReplaceAllString(stderr.String(), "")
}

// refusedWith is refusedInOneLine with a standard input. It doesn't wait for a command that hangs.
func refusedWith(t *testing.T, stdin *os.File, dir, want string, args ...string) {
	t.Helper()
	before := snapshot(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd, stdout, stderr := refusable(ctx, t, dir, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if code := exit(cmd.Run()); code != exitInput {
		t.Errorf("exit code %d, want %d", code, exitInput)
	}
	message := strings.TrimSuffix(said(stderr), "\n")
	if !strings.HasPrefix(message, "tqbench: ") || strings.ContainsAny(message, "\n\r\x1b\x00") || !strings.Contains(message, want) || len(message) > 3*longestMessage {
		t.Errorf("stderr is %q, want one line with %q", message, want)
	}
	if strings.Contains(message, "hunter2") {
		t.Error("the password is shown")
	}
	if stdout.Len() > 0 {
		t.Errorf("stdout is %q", stdout)
	}
	if after := snapshot(t, dir); !maps.Equal(before, after) {
		t.Errorf("there are now %d files, not %d", len(after), len(before))
	}
	if l := remains(t, dir); len(l) > 0 {
		t.Errorf("left behind: %q", l)
	}
}

func TestBadInputIsOneLineAndExitCode2(t *testing.T) {
	for name, tt := range map[string]struct {
		args    []string
		prepare func(t *testing.T, dir string)
		want    string
	}{
		"unknown command":           {[]string{"quikc"}, nil, `unknown command "quikc"`},
		"unknown flag":              {[]string{"quick", "--fast"}, nil, "unknown flag: --fast"},
		"flag without value":        {[]string{"quick", "--blocks"}, nil, "--blocks"},
		"no number":                 {[]string{"quick", "--blocks", "six"}, nil, `"six"`},
		"a stray argument":          {[]string{"quick", "now"}, nil, `unknown scenario "now"`},
		"unknown broker":            {[]string{"quick", "--broker", "nats"}, nil, `unknown broker "nats": choose from redis`},
		"unknown contender":         {[]string{"quick", "--contender", "celery,shelf"}, nil, `unknown contender "shelf": choose from arq/async, asynctasq/async`},
		"unknown scenario":          {[]string{"quick", "--scenario", "99"}, nil, `unknown scenario "99": choose from 1 (throughput)`},
		"missing scenario file":     {[]string{"plan", "--scenario", "my.yaml"}, nil, "my.yaml: no such file"},
		"a negative distance":       {[]string{"quick", "--rtt", "-1ms"}, nil, "from 0 to 2s"},
		"no such profile":           {[]string{"quick", "--profile", "heat"}, nil, "allowed: cpu, memory"},
		"no blocks":                 {[]string{"quick", "--blocks", "0"}, nil, "0 blocks: must be from 1 to 1000"},
		"metrics for all":           {[]string{"quick", "--metrics", "0.0.0.0:9464"}, nil, "only this machine's own programs are served"},
		"metrics without a port":    {[]string{"run", "--metrics", "localhost"}, nil, "such as 127.0.0.1:9464"},
		"metrics without a run":     {[]string{"selfcheck", "--metrics", "127.0.0.1:9464"}, nil, "unknown flag: --metrics"},
		"monitor nowhere":           {[]string{"monitor", "--listen", "9090"}, nil, "write IP:PORT, such as 127.0.0.1:9090"},
		"monitor of nothing":        {[]string{"monitor", "--metrics", "tqbench"}, nil, "write HOST:PORT, such as 127.0.0.1:9464"},
		"negative scale":            {[]string{"quick", "--scale", "-1"}, nil, "scale -1"},
		"negative seed":             {[]string{"quick", "--seed", "-1"}, nil, `"-1"`},
		"nothing to resume":         {[]string{"run", "--resume"}, nil, "no run to resume"},
		"resume with a plan's flag": {[]string{"quick", "--resume", "--blocks", "9"}, nil, "an earlier step has not run there"},
		"analyze before run":        {[]string{"analyze"}, nil, "an earlier step has not run there"},
		"report before analyze":     {[]string{"report"}, nil, "an earlier step has not run there"},
		"unknown worker":            {[]string{"workers", "build", "shelf"}, nil, `unknown contender "shelf"`},
		"app without a task":        {[]string{"plan", "--app", "celery=shop:app"}, nil, "--app needs --task"},
		"task without an app":       {[]string{"plan", "--task", "shop.price"}, nil, "--task needs --app"},
		"app of no framework":       {[]string{"plan", "--task", "shop.price", "--app", "shop:app"}, nil, "write FRAMEWORK=MODULE"},
		"app of another framework":  {[]string{"plan", "--task", "x", "--app", "shelf=shop"}, nil, "unknown framework"},
		"app in no folder":          {[]string{"plan", "--task", "x", "--app", "celery=s", "--app-path", "nowhere"}, nil, "no such folder"},
		"no calls":                  {[]string{"plan", "--task", "x", "--app", "celery=s", "--calls", "none.json"}, nil, "none.json"},
		"app without the contender": {[]string{"plan", "--task", "x", "--app", "celery=s", "--contender", "celery,asynctasq"}, nil, "--app asynctasq=MODULE is missing"},
		"no URL":                    {[]string{"quick", "--broker-url", "redis=hunter2"}, nil, "the Redis URL can't be read"},
		"a bad scenario file": {[]string{"quick", "--scenario", "my.yaml"},
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, "my.yaml"), "id: 1\nname: x\nspeed: 3\n") },
			"scenario my.yaml: line 3: field speed not found"},
		"an output that is a file": {[]string{"quick"},
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, defaultOut), "") }, "not a directory"},
		"somebody's folder": {[]string{"quick"},
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, defaultOut, "thesis.tex"), "") }, "files that are not ours"},
		"a damaged plan": {[]string{"run"},
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, defaultOut, "plan.json"), `{"version": 1`) }, "plan.json: not a usable plan"},
		"a plan of another version": {[]string{"run"},
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, defaultOut, "plan.json"), `{"version": 7}`)
			}, "version 7"},
		"an analysis of another version": {[]string{"report"},
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, defaultOut, "analysis.json"), `{"version": 7}`)
			}, "version 7"},
		"somebody's report folder": {[]string{"report"},
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, defaultOut, "analysis.json"), `{"version": 1}`)
				write(t, filepath.Join(dir, defaultOut, "report", "thesis.tex"), "")
			}, "report"},
		"a width that is no percentage":   {[]string{"quick", "--until", "wide"}, nil, "--until \"wide\": write a percentage, such as 5%"},
		"a width of nothing":              {[]string{"plan", "--until", "0%"}, nil, "--until \"0%\": write a percentage, such as 5%"},
		"a width of too little":           {[]string{"plan", "--until", "0.01%"}, nil, "until 0.01 %: must be from 0.1 to 100 %"},
		"a fixed number and a most":       {[]string{"run", "--blocks", "9", "--max-blocks", "9"}, nil, "--blocks is a fixed number and --max-blocks limits a growing one"},
		"a time below zero":               {[]string{"run", "--within", "-5m"}, nil, "--within -5m0s: write a time above zero"},
		"fewer blocks at most than first": {[]string{"run", "--until", "5%", "--blocks", "8", "--max-blocks", "7"}, nil, "must be from the first 8 to 1000"},
		"a flag of an A/A run alone":      {[]string{"selfcheck", "--blocks", "3"}, nil, "unknown flag: --blocks"},
		"an A/A run that isn't there":     {[]string{"selfcheck", "aa", "--resume"}, nil, "tqbench-aa has no run to resume"},
		"an A/A run of nobody":            {[]string{"selfcheck", "aa", "--contender", "nobody"}, nil, "nobody"},
		"a plan and flags for another": {[]string{"run", "--blocks", "3"},
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, defaultOut, "plan.json"), `{}`) }, "it has version 0"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.prepare != nil {
				tt.prepare(t, dir)
			}
			refusedInOneLine(t, dir, tt.want, tt.args...)
		})
	}
}
