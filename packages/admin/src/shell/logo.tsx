/** The mark of the product, as in the icon of the page. */
export function Logo({ className = 'size-8' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden>
      <rect width="32" height="32" rx="8" fill="#2f4fd0" />
      <path d="M11 8h10v3.2h-3.2v9.6H21V24H11v-3.2h3.2v-9.6H11z" fill="#fff" />
    </svg>
  );
}
