package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// What can't work with a user's application is refused in one line before the run, which leaves no folder.
func TestAnApplicationIsRefusedBeforeTheRun(t *testing.T) {
	testneeds.Real(t, "worker environments")
	dir := t.TempDir()
	const begin = "from celery import Celery\n\napp = Celery('shop')\n\n\n"
	for name, text := range map[string]string{
		"shop.py":         begin + "@app.task\ndef price(sku, quantity=1):\n    return 1\n\n\n@app.task(name='mail.confirm', bind=True)\ndef confirm(self, to):\n    return to\n",
		"key.py":          "import os\n\nfrom celery import Celery\n\nKEY = os.environ['SHOP_KEY']\napp = Celery('key')\n",
		"lazy.py":         "from celery import Celery\n\napp = Celery('lazy')\napp.config_from_object('lazysettings')\n",
		"lazysettings.py": "import os\n\ntimezone = os.environ['SHOP_KEY']\n",
		"eager.py":        "from celery import Celery\n\napp = Celery('eager')\napp.send_task('x')\n",
		"odd.py":          "app = 3\n",
		"slip.py":         "import shop\ndef broken(:\n",
		"lib.py":          "import numpyy\n",
		"end.py":          "import sys\n\nsys.exit('no licence')\n",
		"mail.py":         "from asynctasq import task\n\n\n@task\nasync def send(to):\n    return to\n",
		"slip.json":       `[["A-1"], {"args": ["A-1"], "kwargs": {"amount": 2}}]`,
	} {
		write(t, filepath.Join(dir, name), text)
	}
	for _, tt := range []struct {
		args string
		want string
	}{
		{"--app celery=shop --task shop.prise", "--task shop.prise: --app celery=shop has no such task (did you mean shop.price?); it has mail.confirm, shop.price"},
		{"--app celery=shop --task shop.price", "--task shop.price(sku, quantity=1) doesn't take a call without arguments: missing a required argument: 'sku'; give its arguments with --calls"},
		{"--app celery=shop --task shop.price --calls slip.json", "--task shop.price(sku, quantity=1) doesn't take call 2 of --calls: got an unexpected keyword argument 'amount'\n"},
		{"--app celery=shop --task mail.confirm", "--task mail.confirm(to) doesn't take a call without arguments"},
		{"--app celery=key --task key.x", "--app celery=key can't be loaded: KeyError: 'SHOP_KEY' (key.py, line 5); it needs the variable SHOP_KEY: add --app-env SHOP_KEY=VALUE, --app-env SHOP_KEY to pass on yours, or --app-env-file"},
		{"--app celery=key --task key.x --app-env SHOP_KEY=1", "--task key.x: --app celery=key has no such task; it has no task at all"},
		{"--app celery=odd --task x", "--app celery=odd can't be loaded: odd is a int, not a Celery app: write the app's name after a colon, such as odd:app"},
		{"--app celery=shop:nope --task x", "--app celery=shop:nope can't be loaded: shop has no nope"},
		{"--app celery=lazy --task x", "--app celery=lazy can't be loaded: KeyError: 'SHOP_KEY' (lazysettings.py, line 3); it needs the variable SHOP_KEY"},
		{"--app celery=eager --task x", "; it sends a task while it is loaded, when no broker is there: send tasks from functions only"},
		{"--app celery=slip --task x", "--app celery=slip can't be loaded: SyntaxError: invalid syntax (slip.py, line 2)"},
		{"--app celery=lib --task x", "--app celery=lib can't be loaded: ModuleNotFoundError: No module named 'numpyy' (lib.py, line 1); name the interpreter that has your application's packages with --app-python"},
		{"--app celery=end --task x", "--app celery=end can't be loaded: no licence (end.py, line 3)"},
		{"--app celery=none --task x", "--app celery=none can't be loaded: ModuleNotFoundError: No module named 'none'; it is not in " + dir + ": name its folder with --app-path"},
		{"--app celery=shop --task shop.price --app-python /bin/false", "--app celery=shop: /bin/false can't load it (exit code 1): it said nothing"},
		{"--app asynctasq=mail --task mail.sent", "--task mail.sent: --app asynctasq=mail has no such task (did you mean mail.send?); it has mail.send"},
		{"--app asynctasq=mail --task mail.send", "--task mail.send(to) doesn't take a call without arguments"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			for _, command := range []string{"quick", "run"} {
				cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{command, "--blocks", "1"}, strings.Fields(tt.args)...)...)
				if code := exit(cmd.Run()); code != exitInput || strings.Count(said(stderr), "\n") != 1 || !strings.Contains(said(stderr), tt.want) {
					t.Errorf("%s: exit code %d: %s%s, want %s", command, code, stdout, stderr, tt.want)
				}
				if _, err := os.Stat(filepath.Join(dir, defaultOut)); !os.IsNotExist(err) {
					t.Errorf("%s left a folder (%v)", command, err)
				}
			}
		})
	}
}
