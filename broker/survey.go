package broker

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// Finding is a program that a private broker needs, as found here.
type Finding struct {
	Broker  string `json:"broker"`
	Program string `json:"program"`
	// Path is empty if the program is missing; then Install is the command that installs it on Debian and similar systems.
	Path    string `json:"path,omitempty"`
	Version string `json:"version,omitempty"`
	Install string `json:"install,omitempty"`
}

// unknownVersion is the version of a program that does not say it.
const unknownVersion = "unknown"

// powerless is the usual number of a user without rights: a program that only says its version needs none.
const powerless = 65534

// surveyLimit bounds how long a program may take to print its version.
const surveyLimit = 20 * time.Second

// Survey looks for what a broker needs, in a folder with its programs if bin names one.
func Survey(ctx context.Context, name, bin string) []Finding {
	k, want, err := chosen(name, bin)
	if err != nil {
		return nil
	}
	var out []Finding
	for _, p := range k.programs(want) {
		f := Finding{Broker: name, Program: p.Name}
		exe, err := want.find(ctx, p)
		if err != nil {
			f.Install = "apt-get install " + p.Package
		} else {
			f.Path, f.Version = exe, want.from(p).version(ctx, filepath.Join(want.root(), exe))
		}
		out = append(out, f)
	}
	return out
}

// version returns a program's version, or "unknown" after a failure.
func (p Program) version(ctx context.Context, exe string) string {
	for _, pattern := range p.VersionDirs {
		dirs, _ := filepath.Glob(pattern) // our patterns are valid
		for _, dir := range dirs {
			if v := versionPattern().FindString(filepath.Base(dir)); v != "" {
				return v
			}
		}
	}
	if p.Version == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, surveyLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, p.Version...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if p.root != "" {
		chrooted(cmd, p.root)
	}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: powerless, Gid: powerless}
	}
	cmd.Env = []string{"PATH=" + usualPath, "LANG=C.UTF-8", "HOME=" + os.TempDir()}
	cmd.WaitDelay = time.Second // its children may keep its output open
	out, err := cmd.Output()
	out = bytes.ReplaceAll(out, []byte(exe), nil) // MySQL's begins with its path, which may have a number
	if v := versionPattern().Find(out); err == nil && v != nil {
		return string(v)
	}
	return unknownVersion
}

func versionPattern() *regexp.Regexp { return regexp.MustCompile(`\d+(\.\d+)+`) }
