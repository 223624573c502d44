-- Takes back what a try put into the buckets, since it was right. $1 buckets, $2 seconds of each.
SELECT sign_in_refund($1, $2);
