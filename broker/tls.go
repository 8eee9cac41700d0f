package broker

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLS is how a URL wants a connection encrypted.
type TLS struct {
	// Verify checks the server's certificate, Name also the host's name in it.
	Verify, Name bool
	// CA, Cert and Key are files, "" for the system's authorities and for no certificate of the client's.
	CA, Cert, Key string
}

// files makes the paths absolute, and refuses files that a library would wait for.
func (t *TLS) files() error {
	for _, path := range []*string{&t.CA, &t.Cert, &t.Key} {
		abs, err := absolute(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	return checkFiles(t.CA, t.Cert, t.Key)
}

// config is the harness's configuration for a server of that name.
func (t *TLS) config(product, host string) (*tls.Config, error) {
	trusted := cmp.Or(t.CA, os.Getenv("SSL_CERT_FILE"))
	if err := cmp.Or(checkFiles(trusted), readable(trusted, t.Cert, t.Key)); err != nil {
		return nil, err
	}
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("%w: the certificate authority in the %s URL: %w", ErrSetup, product, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: the certificate authority in the %s URL: %s has no certificate in PEM", ErrSetup, product, t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, cmp.Or(t.Key, t.Cert))
		if err != nil {
			return nil, fmt.Errorf("%w: the client's certificate in the %s URL: %w", ErrSetup, product, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	switch {
	case !t.Verify:
		c.InsecureSkipVerify = true
	case !t.Name:
		// The library has no setting for a certificate that is checked but for its name.
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("the server has no certificate")
			}
			o := x509.VerifyOptions{Roots: c.RootCAs, Intermediates: x509.NewCertPool()}
			for _, between := range s.PeerCertificates[1:] {
				o.Intermediates.AddCert(between)
			}
			_, err := s.PeerCertificates[0].Verify(o)
			return err
		}
	}
	return c, nil
}
