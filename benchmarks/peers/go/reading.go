package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v4"
)

var productSQL, pageSQL, orderSQL = statement("product"), statement("page"), statement("order")

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type product struct {
	ID          string            `json:"id"`
	SKU         string            `json:"sku"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Price       money             `json:"price"`
	Attributes  map[string]string `json:"attributes"`
	Status      string            `json:"status"`
	Available   int64             `json:"available"`
	MaxPerOrder *int64            `json:"max_per_order"`
	Version     int64             `json:"version"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
}

type line struct {
	ID        string `json:"id"`
	ProductID string `json:"product_id"`
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	UnitPrice money  `json:"unit_price"`
	Quantity  int64  `json:"quantity"`
	Fulfilled int64  `json:"fulfilled"`
	Cancelled int64  `json:"cancelled"`
	Returned  int64  `json:"returned"`
	Refunded  int64  `json:"refunded"`
	LineTotal money  `json:"line_total"`
}

type guest struct {
	Email    string  `json:"email"`
	FullName *string `json:"full_name"`
}

type order struct {
	ID                string          `json:"id"`
	Number            string          `json:"number"`
	Status            string          `json:"status"`
	PaymentStatus     string          `json:"payment_status"`
	FulfillmentStatus string          `json:"fulfillment_status"`
	AllowedActions    []string        `json:"allowed_actions"`
	Currency          string          `json:"currency"`
	Lines             []line          `json:"lines"`
	Total             money           `json:"total"`
	PaidTotal         money           `json:"paid_total"`
	RefundedTotal     money           `json:"refunded_total"`
	PayableTotal      money           `json:"payable_total"`
	Disputed          bool            `json:"disputed"`
	CustomerID        string          `json:"customer_id"`
	Guest             *guest          `json:"guest"`
	ShippingAddress   json.RawMessage `json:"shipping_address"`
	Note              *string         `json:"note"`
	Metadata          json.RawMessage `json:"metadata"`
	ExpiresAt         time.Time       `json:"expires_at"`
	PlacedAt          time.Time       `json:"placed_at"`
	UpdatedAt         time.Time       `json:"updated_at"`
	Version           int64           `json:"version"`
}

func scanProduct(row pgx.Row) (p product, err error) {
	err = row.Scan(&p.ID, &p.SKU, &p.Name, &p.Description, &p.Price.Amount, &p.Price.Currency, &p.Attributes, &p.Status,
		&p.Available, &p.MaxPerOrder, &p.Version, &p.CreatedAt, &p.UpdatedAt)
	p.CreatedAt, p.UpdatedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC()
	return p, err
}

func (s *server) getProduct(w http.ResponseWriter, r *http.Request, id string) error {
	visitor, err := s.tokens.bearer(r)
	if err != nil {
		return err
	}
	productID, err := parseID(id)
	if err != nil {
		return invalid
	}
	found, err := scanProduct(s.pool.QueryRow(r.Context(), productSQL, productID))
	if err == pgx.ErrNoRows || err == nil && found.Status != "active" && (visitor == nil || visitor.role == "customer") {
		return notFound
	} else if err != nil {
		return err
	}
	letBeStored(w, visitor)
	return unlessKnown(w, r, fmt.Sprintf(`"v%d"`, found.Version), found)
}

func (s *server) listProducts(w http.ResponseWriter, r *http.Request) error {
	visitor, err := s.tokens.bearer(r)
	if err != nil {
		return err
	}
	limit := 25
	if given := r.URL.Query().Get("limit"); given != "" {
		if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > 100 {
			return invalid
		}
	}
	rows, err := s.pool.Query(r.Context(), pageSQL, limit+1)
	if err != nil {
		return err
	}
	defer rows.Close()
	page := struct {
		Items      []product `json:"items"`
		NextCursor *string   `json:"next_cursor"`
	}{Items: make([]product, 0, limit+1)}
	for rows.Next() {
		found, err := scanProduct(rows)
		if err != nil {
			return err
		}
		page.Items = append(page.Items, found)
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		cursor := s.seal(last.CreatedAt.Format(time.RFC3339Nano) + " " + last.ID)
		page.NextCursor = &cursor
		w.Header().Set("Link", fmt.Sprintf(`</v1/products?limit=%d&cursor=%s>; rel="next"`, limit, cursor))
	}
	body, err := json.Marshal(page)
	if err != nil {
		return err
	}
	letBeStored(w, visitor)
	digest := sha256.Sum256(body)
	return unlessKnown(w, r, `W/"`+base64.URLEncoding.EncodeToString(digest[:15])+`"`, json.RawMessage(body))
}

func (s *server) seal(position string) string {
	mac := hmac.New(sha256.New, s.cursorSecret)
	mac.Write([]byte(position))
	return base64.RawURLEncoding.EncodeToString(append(mac.Sum(nil)[:16], position...))
}

func (s *server) getOrder(w http.ResponseWriter, r *http.Request, id string) error {
	customer, err := s.tokens.bearer(r)
	if err != nil {
		return err
	} else if customer == nil {
		return authenticationRequired
	}
	orderID, err := parseID(id)
	if err != nil {
		return invalid
	}
	rows, err := s.pool.Query(r.Context(), orderSQL, orderID)
	if err != nil {
		return err
	}
	defer rows.Close()
	var o order
	var cancelled, disputes int64
	var guestEmail, guestName *string
	for rows.Next() {
		var l line
		err := rows.Scan(&o.ID, &o.Number, &o.Status, &o.Currency, &o.Total.Amount, &o.PaidTotal.Amount, &o.RefundedTotal.Amount,
			&cancelled, &o.CustomerID, &guestEmail, &guestName, &disputes, &o.ShippingAddress, &o.Note, &o.Metadata,
			&o.ExpiresAt, &o.PlacedAt, &o.UpdatedAt, &o.Version, &l.ID, &l.ProductID, &l.SKU, &l.Name, &l.UnitPrice.Amount,
			&l.Quantity, &l.Fulfilled, &l.Cancelled, &l.Returned, &l.Refunded)
		if err != nil {
			return err
		}
		l.UnitPrice.Currency = o.Currency
		l.LineTotal = money{l.UnitPrice.Amount * l.Quantity, o.Currency}
		o.Lines = append(o.Lines, l)
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	if o.ID == "" || customer.role == "customer" && o.CustomerID != customer.id {
		return notFound
	}
	o.PayableTotal.Amount = o.Total.Amount - cancelled
	o.Disputed = disputes > 0
	if guestEmail != nil {
		o.Guest = &guest{*guestEmail, guestName}
	}
	o.derive()
	return unlessKnown(w, r, fmt.Sprintf(`"v%d"`, o.Version), o)
}

var allowedActions = map[string][]string{"pending_payment": {"pay", "cancel", "cancel_lines", "change"}}

// derive fills in what is not kept but follows from what is.
func (o *order) derive() {
	o.Total.Currency, o.PayableTotal.Currency = o.Currency, o.Currency
	o.PaidTotal.Currency, o.RefundedTotal.Currency = o.Currency, o.Currency
	o.ExpiresAt, o.PlacedAt, o.UpdatedAt = o.ExpiresAt.UTC(), o.PlacedAt.UTC(), o.UpdatedAt.UTC()
	var ordered, fulfilled int64
	for _, l := range o.Lines {
		ordered, fulfilled = ordered+l.Quantity, fulfilled+l.Fulfilled
	}
	switch paid, refunded := o.PaidTotal.Amount, o.RefundedTotal.Amount; {
	case paid > 0 && refunded >= paid:
		o.PaymentStatus = "refunded"
	case paid > refunded && (o.Status == "cancelled" || o.Status == "expired"):
		o.PaymentStatus = "refund_due"
	case refunded > 0:
		o.PaymentStatus = "partially_refunded"
	case paid >= o.Total.Amount:
		o.PaymentStatus = "paid"
	default:
		o.PaymentStatus = "unpaid"
	}
	switch {
	case fulfilled == 0:
		o.FulfillmentStatus = "unfulfilled"
	case fulfilled >= ordered:
		o.FulfillmentStatus = "fulfilled"
	default:
		o.FulfillmentStatus = "partial"
	}
	o.AllowedActions = allowedActions[o.Status]
	if o.AllowedActions == nil {
		o.AllowedActions = []string{}
	}
}

func letBeStored(w http.ResponseWriter, visitor *principal) {
	w.Header().Set("Vary", "Authorization")
	if visitor == nil {
		w.Header().Set("Cache-Control", "public, no-cache")
	} else {
		w.Header().Set("Cache-Control", "private, no-cache")
	}
}

func unlessKnown(w http.ResponseWriter, r *http.Request, tag string, value any) error {
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	answer(w, http.StatusOK, value)
	return nil
}
