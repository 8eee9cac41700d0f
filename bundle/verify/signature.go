package verify

import (
	"context"
	"errors"

	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/internal/sshsig"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
)

// signature checks the signature next to a bundle. Without a list of allowed signers, it only says which key signed.
func (c *checker) signature(ctx context.Context, file string, o Options) (err error) {
	sig := bundle.SignaturePath(file)
	if !results.Exists(sig) {
		if o.Allowed != "" && !o.Optional {
			c.note(Signature, Wrong, "there is none: an allowed signer's was asked for")
			return nil
		}
		c.note(Signature, Note, "none")
		return nil
	}
	c.Signed, err = sshsig.Check(ctx, bundle.Namespace, file, sig, o.Allowed)
	switch {
	case errors.Is(err, sshsig.ErrTool) && o.Allowed == "":
		c.note(Signature, Note, "there is one, which isn't checked: %v", err)
	case errors.Is(err, sshsig.ErrStranger) && o.Optional:
		c.note(Signature, Note, "signed with the %s, which is no allowed signer's", c.Signed.Key)
	case errors.Is(err, sshsig.ErrBad), errors.Is(err, sshsig.ErrStranger):
		c.note(Signature, Wrong, "%v", err)
	case err != nil:
		return err
	case o.Allowed == "":
		c.note(Signature, Note, "signed with the %s: --allowed-signers FILE says whose it is", c.Signed.Key)
	default:
		c.note(Signature, Right, "signed by %s with the %s", text.List(c.Signed.Signers), c.Signed.Key)
	}
	return nil
}
