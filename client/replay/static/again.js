// A link on another site was followed, and with that no browser sends the cookie of who is signed in. Asked for by a page
// of ours, it does; what stands behind the # stays.
const address = new URL(location.href);
address.searchParams.set("again", "");
location.replace(address);
